"""Everything that attacks slotline: servers, the network around them, rivals, and the scenarios of Scripts/chaos."""
