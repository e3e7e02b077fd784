# SPDX-License-Identifier: ISC
"""Lets the attack tests import their raw client."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
