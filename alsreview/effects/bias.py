def trial_bias(evidence, trial_id, outcome=None):
    return None
