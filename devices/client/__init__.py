"""The client of device services: finding devices, capturing, and keeping the best of several attempts."""
