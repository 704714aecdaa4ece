"""What Scripts/bench measures: a module for each kind of work, and what they stand on."""
