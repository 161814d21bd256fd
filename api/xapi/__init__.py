"""The xAPI resources, one file each."""
