#!/usr/bin/env python3
"""Write tests/data/metrics/*.json: labels, predictions and what sklearn.metrics makes of them.

    python3 scripts/make_metrics_samples.py tests/data/metrics

Needs scikit-learn 1.3 or later. The numbers depend on its version only in the last bits. A predicted index of -1 is a row without
a prediction: for scikit-learn a label outside the classes.
"""

import json
import os
import sys

import numpy as np
from sklearn import __version__, metrics


def averages(truth, predicted, classes, average):
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        truth, predicted, labels=classes, average=average, zero_division=0.0
    )
    return {"precision": precision, "recall": recall, "f1": f1}


def sample(truth, predicted, n_classes):
    classes = list(range(n_classes))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, predicted, labels=classes, zero_division=0.0
    )
    return {
        "sklearn_version": __version__,
        "n_classes": n_classes,
        "truth": [int(t) for t in truth],
        "predicted": [int(p) for p in predicted],
        "confusion_matrix": metrics.confusion_matrix(truth, predicted, labels=classes).tolist(),
        "accuracy": metrics.accuracy_score(truth, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, predicted),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "support": support.tolist(),
        "macro": averages(truth, predicted, classes, "macro"),
        "weighted": averages(truth, predicted, classes, "weighted"),
        "micro": averages(truth, predicted, classes, "micro"),
    }


def main(folder):
    rng = np.random.default_rng(20)
    binary = rng.integers(0, 2, 400)
    rare = (rng.random(500) < 0.03).astype(int)
    seven = rng.integers(0, 7, 600)
    samples = {
        "binary": (binary, np.where(rng.random(400) < 0.9, binary, 1 - binary), 2),
        "rare_class_lost": (rare, np.zeros(500, int), 2),
        "perfect": (binary, binary, 2),
        "seven_classes": (seven, np.where(rng.random(600) < 0.7, seven, rng.integers(0, 7, 600)), 7),
        "class_never_predicted": (seven % 4, np.where(seven % 4 == 3, 0, seven % 4), 4),
        "class_never_true": (seven % 3, rng.integers(0, 5, 600), 5),
        "unscored_rows": (seven % 3, np.where(rng.random(600) < 0.1, -1, rng.integers(0, 3, 600)), 3),
        "one_row": (np.array([1]), np.array([0]), 2),
    }
    os.makedirs(folder, exist_ok=True)
    for name, (truth, predicted, n_classes) in samples.items():
        with open(os.path.join(folder, name + ".json"), "w") as f:
            json.dump(sample(truth, predicted, n_classes), f, separators=(",", ":"))
            f.write("\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
