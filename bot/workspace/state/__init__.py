"""What a workspace remembers: people, conversations, views, files and their ids."""
