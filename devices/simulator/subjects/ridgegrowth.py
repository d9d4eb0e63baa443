"""Ridges grown out of scattered seeds.

Starting from a few random spots, the picture is filtered again and again with a bank of Gabor-like band passes (orientation by
period), every pixel taking the mixture of filters for the orientation and the period at its place, and squashed after each
round. Ridges spread from the seeds along the flow; where fronts meet out of step, and where the flow spreads, ridges end and
fork: minutiae come about by themselves. Most rounds run at half the resolution, which costs a quarter.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from devices.simulator.subjects.fields import Plane, noise
from devices.simulator.subjects.ridgeflow import RidgeFlow

_ORIENTATIONS: Final = 15
_PERIODS: Final = (0.90, 1.12)
"""Of the bank, relative to the mean; mixtures cover what lies between and a little beyond."""
_ROUNDS_HALF: Final = 11
_ROUNDS_FULL: Final = 1
_SEED_SHARE: Final = 0.004
_RADIAL_WIDTH: Final = 0.26
_ANGULAR_SHARPNESS: Final = 6.0
_GAIN: Final = 2.2

Spectrum = NDArray[np.complex64]


def grow_ridges(flow: RidgeFlow, rng: np.random.Generator) -> Plane:
    """Ridges (+1) and valleys (-1) for a flow of even height and width; same shape."""
    height, width = flow.angle.shape
    half = RidgeFlow(flow.angle[::2, ::2], flow.period[::2, ::2] * np.float32(0.5))
    shape = half.angle.shape
    seeds = noise(rng, *shape) * (rng.random(shape, dtype=np.float32) < _SEED_SHARE)
    grown = _filtered(seeds.astype(np.float32), half, _ROUNDS_HALF)
    return _filtered(_doubled(grown, height, width), flow, _ROUNDS_FULL)


def _doubled(plane: Plane, height: int, width: int) -> Plane:
    """Twice the size, by adding empty high frequencies; shifted to where the half-size samples lay."""
    spectrum = np.fft.rfft2(plane)
    rows, columns = spectrum.shape
    wide = np.zeros((height, width // 2 + 1), np.complex64)
    wide[: rows // 2, :columns] = spectrum[: rows // 2]
    wide[-(rows // 2) :, :columns] = spectrum[-(rows // 2) :]
    return (4 * np.fft.irfft2(wide, s=(height, width))).astype(np.float32)


def _filtered(plane: Plane, flow: RidgeFlow, rounds: int) -> Plane:
    mean_period = float(flow.period.mean())
    shares = _shares(flow, mean_period)
    bank = _bank(plane.shape[0], plane.shape[1], mean_period)
    for _ in range(rounds):
        spectrum = np.fft.rfft2(plane)
        mixed = np.zeros_like(plane)
        for share, response in zip(shares, bank, strict=True):
            part = np.fft.irfft2(spectrum * response, s=plane.shape)
            part *= share
            mixed += part
        mixed *= _GAIN / max(float(np.sqrt(np.mean(np.square(mixed)))), 1e-12)
        plane = np.tanh(mixed)
    return plane


def _shares(flow: RidgeFlow, mean_period: float) -> list[Plane]:
    """For every filter of the bank, how much of it each pixel takes: linear between neighbours, together 1."""
    turn = np.mod(flow.angle, np.pi) * np.float32(_ORIENTATIONS / np.pi)
    low, high = (np.float32(mean_period * factor) for factor in _PERIODS)
    far = np.clip((flow.period - low) / (high - low), 0, 1)
    shares = []
    for index in range(_ORIENTATIONS):
        distance = np.abs(turn - index)
        near = np.clip(1 - np.minimum(distance, _ORIENTATIONS - distance), 0, 1)
        shares += [near * (1 - far), near * far]
    return shares


def _bank(height: int, width: int, mean_period: float) -> list[Plane]:
    """Responses: a bump at the ridge frequency across the ridges, and its mirror image; orientation by orientation."""
    rows = np.fft.fftfreq(height).astype(np.float32)[:, None]
    columns = np.fft.rfftfreq(width).astype(np.float32)[None, :]
    radius, direction = np.hypot(rows, columns), np.arctan2(rows, columns)
    radial = [np.exp(-(((radius * mean_period * factor - 1) / _RADIAL_WIDTH) ** 2)) for factor in _PERIODS]
    bank = []
    for index in range(_ORIENTATIONS):
        across = np.float32(index * np.pi / _ORIENTATIONS + np.pi / 2)
        angular = np.exp(_ANGULAR_SHARPNESS * (np.cos(2 * (direction - across)) - 1))
        bank += [(bump * angular).astype(np.float32) for bump in radial]
    return bank
