"""What a serving script can use of the `hops` library, over a folder of this computer."""
