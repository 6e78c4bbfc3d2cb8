"""What requests and replies look like: found in the script and its artifact, and checked."""
