"""Settings of the whole chain: control data, set by the operator, pushed down to every device."""
