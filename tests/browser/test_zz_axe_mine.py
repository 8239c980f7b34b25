import tests.browser.test_console_pages as t
from tests.browser.conftest import *
from tests.browser.test_console_pages import fill, test_axe_finds_nothing, test_nothing_scrolls_sideways_on_a_telephone
t.PATHS = tuple(p for p in t.PATHS if "templates" in p or "user-data" in p or "settings" in p)
