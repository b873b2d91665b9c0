"""The task of bench/mapping.py: the route does what the Python by hand does, with a trace per field."""

import importlib.util
from decimal import Decimal
from pathlib import Path

import msgspec

import mappings
from mappings.language import load_route

TASK = Path(mappings.__file__).parents[1] / "bench" / "mapping_task"


def by_hand(document):
    spec = importlib.util.spec_from_file_location("by_hand", TASK / "by_hand.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.by_hand(document)


def test_the_route_of_the_benchmark_makes_what_the_python_by_hand_makes():
    text = (TASK / "invoice.json").read_bytes()
    document = msgspec.json.Decoder(float_hook=Decimal).decode(text)
    mapped = load_route(TASK / "route.yaml").apply(document)
    assert mapped.payload == by_hand(document)
    assert (len(mapped.provenance), mapped.reviews) == (80, ())
