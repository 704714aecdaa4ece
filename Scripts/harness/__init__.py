"""What attacks slotline: servers, the network between them and slotline, rivals, and the scenarios of Scripts/chaos."""
