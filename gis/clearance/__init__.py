"""Clearance of land: stages as events, exact shares, figures, curves and forecasts; pure over arrays."""
