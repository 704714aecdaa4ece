"""The measurements of Scripts/bench: a module for each kind of work, and what they share."""
