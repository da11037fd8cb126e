"""A scoring service as container samples show it: pandas reads the body, the model predicts on a DataFrame."""

import io

import joblib
import pandas as pd
from flask import Flask, Response, request

app = Flask(__name__)
model = None


def get_model():
    global model
    if model is None:
        model = joblib.load("/opt/ml/model/model.joblib")
    return model


@app.get("/ping")
def ping():
    return Response(status=200 if get_model() is not None else 404, mimetype="application/json")


@app.post("/invocations")
def invocations():
    if request.content_type != "text/csv":
        return Response("CSV only", 415, mimetype="text/plain")
    data = pd.read_csv(io.StringIO(request.data.decode("utf-8")), header=None)
    predictions = get_model().predict(data)
    return Response("\n".join(map(str, predictions)) + "\n", mimetype="text/csv")
