"""Curves in files: each is read back by a reader of its kind."""

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from knetui.charts.chart import Chart, Line
from knetui.charts.picture import FINER, HEIGHT, WIDTH, picture, svg
from knetui.curves.desk import CurveDesk
from knetui.curves.export import export, write_file
from knetui.curves.settings import CurveSettings
from knetui.runs.view import RunView
from knetui.themes import ON_LIGHT

MakeRun = Callable[..., RunView]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def desk(make_run: MakeRun) -> CurveDesk:
    run = make_run()
    desk = CurveDesk(CurveSettings())
    desk.show_runs([run, make_run("lenet", rate=0.5)], run)
    return desk


def write(desk: CurveDesk, path: Path, **rest: bool) -> Path:
    charts = desk.charts_on_paper()
    made = [charts.chart(title, charts.whole()) for title in charts.titles]
    write_file(path, made, charts.runs, "smoothed", gradients=rest.get("gradients", False))
    return path


def test_the_svg_has_every_curve_its_name_and_the_events(desk: CurveDesk, tmp_path: Path) -> None:
    root = ElementTree.parse(write(desk, tmp_path / "a.svg")).getroot()
    texts = [element.text for element in root.iter(f"{SVG}text")]
    for name in ("1 mlp: trn", "2 lenet: tstloss", "loss", "epoch", "S", "#", "smoothed"):
        assert name in texts, texts
    colours = {line.get("stroke") for line in root.iter(f"{SVG}polyline")}
    assert len(colours) == 4 + 3  # of curves; of the grid, the axes, the events
    assert root.get("height") == str(2 * HEIGHT)


def test_names_that_are_markup_are_words_in_the_svg() -> None:
    line = Line("<b>&\x1b", (0, 0, 0), np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    root = ElementTree.fromstring(svg(picture([Chart("]]>", [line])], "")))
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert "<b>&␛" in texts
    assert "]]>" in texts


def test_a_curve_in_the_svg_is_where_its_values_are(desk: CurveDesk, tmp_path: Path) -> None:
    root = ElementTree.parse(write(desk, tmp_path / "a.svg")).getroot()
    colour = "#0069a5"  # of the first run's training
    curves = [p for p in root.iter(f"{SVG}polyline") if p.get("stroke") == colour]
    points = next(p.get("points", "").split() for p in curves if p.get("stroke-width") == "1.6")
    ups = [float(point.split(",")[1]) for point in points]
    assert len(points) >= 31
    assert ups == sorted(ups, reverse=True)  # what rises goes up, which is down in an SVG


def test_the_png_has_the_colours_of_the_curves(desk: CurveDesk, tmp_path: Path) -> None:
    with Image.open(write(desk, tmp_path / "a.png")) as image:
        assert image.format == "PNG"
        assert image.size == (FINER * WIDTH, FINER * 2 * HEIGHT)
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 24) or []}
    assert {ON_LIGHT[0][0], ON_LIGHT[1][0], (255, 255, 255)} <= colours


def test_the_csv_has_every_report_of_every_run(desk: CurveDesk, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(write(desk, tmp_path / "a.csv").read_text())))
    assert len(rows) == 2 * 31
    assert rows[3] == {
        "run": "1",
        "name": "mlp",
        "epoch": "3",
        "step": "30",
        "seconds": "1.5",
        "trn": repr(1 - 0.9**3),
        "tst": repr(0.9 - 0.9**3),
        "trnloss": repr(0.9**3),
        "tstloss": repr(0.9**3 + 0.1),
    }


def test_the_csv_of_gradients_has_a_column_for_each_parameter(
    desk: CurveDesk, tmp_path: Path
) -> None:
    path = write(desk, tmp_path / "a.csv", gradients=True)
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert [float(rows[1][name]) for name in ("loss", "w[0]", "w[1]")] == [0.9, 1.8, 0.9]
    assert rows[1]["step"] == "15"


def test_files_lie_beside_the_run_and_replace_none(desk: CurveDesk) -> None:
    charts = desk.charts()
    made = [charts.chart("loss", None)]
    folder = desk.runs[0].folder.path
    assert export(made, charts.runs, "", gradients=False) == folder / "curves.svg"
    assert export(made, charts.runs, "", gradients=False) == folder / "curves.2.svg"
    names = sorted(path.name for path in folder.glob("curves*"))
    assert names == [f"curves{n}.{k}" for n in (".2", "") for k in ("csv", "png", "svg")]


def test_of_a_run_that_is_gone_they_lie_here(
    desk: CurveDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    charts = desk.charts()
    made = [charts.chart("loss", None)]
    shutil.rmtree(desk.runs[0].folder.path)
    monkeypatch.chdir(tmp_path)
    assert export(made, charts.runs, "", gradients=False) == tmp_path / "curves.svg"


def test_another_kind_of_file_is_refused(desk: CurveDesk, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"a\.pdf: no kind of file is called \.pdf"):
        write(desk, tmp_path / "a.pdf")
