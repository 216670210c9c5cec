"""A review on this engine: starts a new one, pins the engine it uses, and moves the pin."""
