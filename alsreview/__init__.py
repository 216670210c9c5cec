"""The code of the living review of exercise and brain stimulation in ALS."""
