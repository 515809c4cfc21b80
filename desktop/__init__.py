"""The Qt program with two faces, the till and the office, over its own encrypted replica."""
