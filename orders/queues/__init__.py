"""The staff's queues: which orders wait for somebody, why, and how many they are. Live on **Today** and in the list."""
