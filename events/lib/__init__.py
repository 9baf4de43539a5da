"""The toolbox of the backbone: metrics, tracing, failpoints, process tuning."""
