"""Tokens: text on its ground is readable, in every theme."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from desktop.ui.display import scale_for
from desktop.ui.theme import Theme, TypeRole
from desktop.ui.theme.icons import icon_names, icon_pixmap
from desktop.ui.theme.tokens import TEXT_PAIRS, TOKENS_BY_NAME, Tokens, contrast_ratio
from shared.errors import UserError

LEAST_RATIO = 4.5


@pytest.mark.parametrize("tokens", TOKENS_BY_NAME.values(), ids=lambda tokens: tokens.name)
def test_given_a_theme_when_text_stands_on_its_ground_then_it_has_enough_contrast(tokens: Tokens) -> None:
    poor = {
        (text, ground): contrast_ratio(getattr(tokens, text), getattr(tokens, ground))
        for text, ground in TEXT_PAIRS
        if contrast_ratio(getattr(tokens, text), getattr(tokens, ground)) < LEAST_RATIO
    }
    assert not poor


def test_given_black_and_white_when_they_are_compared_then_the_ratio_is_the_known_one() -> None:
    assert contrast_ratio("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast_ratio("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


def test_given_a_name_that_is_no_theme_when_it_is_asked_for_then_the_known_ones_are_named(qapp: QApplication) -> None:
    with pytest.raises(UserError, match="light, dark, contrast") as refused:
        Theme.named("neon")
    assert refused.value.code == "theme_unknown"


def test_given_every_icon_when_it_is_drawn_then_it_exists(qapp: QApplication) -> None:
    for name in icon_names():
        assert not icon_pixmap(name, 24, "#123456").isNull(), name


def test_given_a_size_setting_when_a_font_is_made_then_it_grows(qapp: QApplication) -> None:
    small, large = Theme.named("light"), Theme.named("light", 1.25)
    assert large.font(TypeRole.TOTAL).pointSizeF() == pytest.approx(small.font(TypeRole.TOTAL).pointSizeF() * 1.25)
    assert large.px(8) == 10


@pytest.mark.parametrize(("size", "scale"), [((1024, 700), 1.0), ((1280, 800), 1.0), ((1920, 1080), 1.2)])
def test_given_a_window_when_it_is_larger_then_everything_is_drawn_larger(size: tuple[int, int], scale: float) -> None:
    assert scale_for(*size) == pytest.approx(scale)
