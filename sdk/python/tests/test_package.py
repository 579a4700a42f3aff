"""The package can be built, installed and imported, without another package."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(*args: str, where: Path) -> str:
    command = [sys.executable, *args]
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_the_wheel_has_all_of_the_package_and_nothing_else(tmp_path: Path) -> None:
    run(
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(tmp_path),
        str(ROOT),
        where=tmp_path,
    )
    [wheel] = tmp_path.glob("tollkeeper-*-py3-none-any.whl")
    sources = ROOT / "src"
    expected = {
        str(path.relative_to(sources))
        for path in (sources / "tollkeeper").rglob("*")
        if path.suffix in (".py", ".typed")
    }
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in names if ".dist-info/" not in name} == expected
    app = tmp_path / "app"
    run(
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(app),
        str(wheel),
        where=tmp_path,
    )
    # `-S`: without the packages of this environment.
    program = f"import sys; sys.path.insert(0, {str(app)!r}); import tollkeeper; print(tollkeeper)"
    assert str(app) in run("-S", "-E", "-c", program, where=tmp_path)
