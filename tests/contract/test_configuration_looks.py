"""Templates, user data sets and the organization's settings: from a file and one at a time, on both databases."""

import pytest

import ringback.audit.service as audit
import ringback.configuration.service as configurations
from ringback.audit.model import Action, Author
from ringback.configuration.apply import apply_file, preview
from ringback.configuration.editing import ChangedMeanwhile
from ringback.configuration.file import read_text
from ringback.configuration.organization import change_organization, kept_organization
from ringback.configuration.templates import (
    TemplateInUse,
    change_template,
    copy_template,
    create_template,
    kept_template,
    kept_templates,
    remove_template,
)
from ringback.configuration.user_data_sets import (
    UserDataSetInUse,
    change_user_data_set,
    copy_user_data_set,
    create_user_data_set,
    kept_user_data_set,
    kept_user_data_sets,
    remove_user_data_set,
)
from ringback.db.tx import Change
from ringback.kernel.errors import ConfigurationInvalid, InvalidParameters, NotFound
from ringback.widgets.model import UserDataSet
from ringback.widgets.template import Font, Template

ACME = """\
[organization]
key = "acme"
id = "acme"
name = "Acme"
public = true
numbers = { region = "US" }
languages = ["en", "es"]

[user_data_sets.customer]
name = "Customer"
keys = [{ key = "account" }]

[templates.brand]
name = "Brand"
light = { background = "#ffffff", text = "#111111", accent = "#004488" }
font = "serif"
[templates.brand.texts.en]
heading = "Skip the queue"
[templates.spare]
name = "Spare"

[call_targets.billing]
name = "Billing"
[widgets.billing]
name = "billing"
call_target = "billing"
user_data_set = "customer"
[conveys.page]
name = "page"
call_target = "billing"
slug = "acme-page"
template = "brand"
"""

BY = Author("ann@acme.example", "console 192.0.2.7")


class Desk:
    """Somebody who configures Acme."""

    def __init__(self, database, clock):
        self.database, self.clock = database, clock

    def apply(self, text):
        self.clock.advance(1)
        return self.database.write_now(
            apply_file, read_text(text), actor="ann", origin="test", secrets={}, now=self.clock.now()
        )

    def do(self, use_case, *args, **kw):
        self.clock.advance(1)
        return self.database.write_now(use_case, "acme", *args, by=BY, now=self.clock.now(), **kw)

    def read(self, question, *args, **kw):
        return self.database.read_now(question, "acme", *args, **kw)

    @property
    def convey(self):
        configuration = self.read(configurations.load)
        (convey,) = (each for each in configuration.widgets.values() if each.key == "page")
        return configuration, convey

    @property
    def last(self):
        return self.read(audit.newest)[0]

    def template(self, key):
        return next(each for each in self.read(kept_templates) if each.key == key)

    def data_set(self, key):
        return next(each for each in self.read(kept_user_data_sets) if each.key == key)


@pytest.fixture
def desk(database, clock):
    desk = Desk(database, clock)
    desk.apply(ACME)
    return desk


class TestTemplatesOfAFile:
    def test_a_convey_has_its_template_and_twice_changes_nothing(self, desk):
        configuration, convey = desk.convey
        template = configuration.template_of(convey)
        assert (template.name, template.font, template.light.accent) == ("Brand", Font.SERIF, "#004488")
        assert configuration.template_of(next(w for w in configuration.widgets.values() if w.key == "billing")) is None
        assert not desk.apply(ACME).difference
        assert not desk.database.read_now(preview, read_text(ACME), secrets={}).difference

    def test_what_changes_is_told_and_the_id_stays(self, desk):
        before = desk.convey[1].template_id
        applied = desk.apply(ACME.replace("#004488", "#550000").replace('font = "serif"\n', ""))
        assert [str(line.text) for line in applied.difference.lines()] == [
            'templates.brand.light.accent: "#004488" → "#550000"',
            'templates.brand.font: "serif" → "system"',
        ]
        configuration, convey = desk.convey
        assert convey.template_id == before
        assert configuration.template_of(convey).light.accent == "#550000"
        assert (desk.last.subject_kind, desk.last.subject_key) == ("template", "brand")

    def test_what_is_not_in_the_file_goes(self, desk):
        without = ACME.replace('template = "brand"\n', "").replace('[templates.spare]\nname = "Spare"\n', "")
        applied = desk.apply(without)
        assert [line.text for line in applied.difference.lines()] == [
            'conveys.page.template: "brand" → not set',
            "templates.spare: not in the file, so it is removed",
        ]
        configuration, convey = desk.convey
        assert configuration.template_of(convey) is None
        assert [each.key for each in desk.read(kept_templates)] == ["brand"]

    def test_a_removed_convey_lets_go_of_its_template(self, desk):
        text = ACME.partition("[conveys.page]")[0].replace("[templates.brand", "[templates.other")
        assert desk.apply(text).difference
        assert desk.apply(ACME).difference
        configuration, convey = desk.convey
        assert configuration.template_of(convey).name == "Brand"

    @pytest.mark.parametrize(
        ("before", "after", "words"),
        [
            ('template = "brand"', 'template = "band"', "there is no [templates.band]; did you mean 'brand'?"),
            (
                "[templates.brand.texts.en]",
                "[templates.brand.texts.de]",
                "'de' is not among the organization's languages",
            ),
            ("#111111", "#999999", "#999999 on #ffffff has a contrast of 2.8, and needs 4.5"),
            ("#111111", "black", "a colour is # and six hexadecimal digits, such as #0a6b5d"),
            ('font = "serif"', "corner_radius = 29", "less than or equal to 28"),
            ('font = "serif"', 'privacy_notice = "privacy"', "write the whole address of a page"),
            ('font = "serif"', 'typeface = "serif"', "there is no such key"),
        ],
    )
    def test_what_is_wrong_is_told(self, before, after, words):
        assert before in ACME
        with pytest.raises(ConfigurationInvalid) as refusal:
            read_text(ACME.replace(before, after))
        (problem,) = refusal.value.problems
        assert words in problem
        assert problem.startswith("line ")


class TestTemplatesOneAtATime:
    def test_new_changed_copied_and_removed(self, desk):
        made = desk.do(create_template, Template(name="Été 2027"))
        assert desk.read(kept_template, made).key == "ete-2027"
        assert (desk.last.action, desk.last.subject_kind, desk.last.before) == (Action.CREATED, "template", None)
        kept = desk.read(kept_template, made)
        desk.do(change_template, made, Template(name="Summer", corner_radius=0), seen=kept.version)
        assert desk.last.before["corner_radius"] == 12
        assert desk.last.after["corner_radius"] == 0
        copy = desk.do(copy_template, made, "Autumn")
        assert desk.read(kept_template, copy).settings == Template(name="Autumn", corner_radius=0)
        desk.do(remove_template, copy)
        assert (desk.last.action, desk.last.after) == (Action.REMOVED, None)
        with pytest.raises(NotFound):
            desk.read(kept_template, copy)

    def test_what_stays_the_same_is_no_change(self, desk):
        kept, entries = desk.template("brand"), len(desk.read(audit.newest))
        desk.do(change_template, kept.id, kept.settings, seen=kept.version)
        assert len(desk.read(audit.newest)) == entries

    def test_every_process_hears_of_a_change(self, desk):
        heard = []
        desk.database.listen(heard.append)
        desk.do(change_template, desk.template("brand").id, Template(name="B"), seen=desk.template("brand").version)
        desk.read(kept_templates)  # a listener is told before the next transaction ends
        assert {("acme", Change.CONFIGURATION)} in heard

    def test_of_two_who_change_it_the_second_is_told(self, desk):
        kept = desk.template("brand")
        desk.do(change_template, kept.id, Template(name="First"), seen=kept.version)
        with pytest.raises(ChangedMeanwhile) as refusal:
            desk.do(change_template, kept.id, Template(name="Second"), seen=kept.version)
        assert refusal.value.details["now"]["name"] == "First"

    def test_one_that_is_used_stays(self, desk):
        brand = desk.template("brand")
        assert [widget.key for widget in brand.used_by] == ["page"]
        with pytest.raises(TemplateInUse):
            desk.do(remove_template, brand.id)

    def test_names_differ(self, desk):
        for use_case, args in ((create_template, ()), (copy_template, (desk.template("brand").id,))):
            with pytest.raises(InvalidParameters) as refusal:
                desk.do(use_case, *args, "SPARE" if args else Template(name="SPARE"))
            assert refusal.value.details["field"] == "name"

    def test_another_organization_s_is_not_there(self, desk):
        desk.apply('[organization]\nkey = "globex"\nid = "globex"\nname = "G"\nnumbers = { region = "DE" }\n')
        brand = desk.template("brand").id
        with pytest.raises(NotFound):
            desk.database.read_now(kept_template, "globex", brand)
        with pytest.raises(NotFound):
            desk.database.write_now(remove_template, "globex", brand, by=BY, now=desk.clock.now())


class TestUserDataSets:
    def test_new_changed_copied_and_removed(self, desk):
        made = desk.do(create_user_data_set, UserDataSet.model_validate({"name": "Order", "keys": [{"key": "order"}]}))
        kept = desk.read(kept_user_data_set, made)
        assert (kept.key, kept.used_by) == ("order", ())
        changed = kept.settings.model_copy(update={"keys": ()})
        desk.do(change_user_data_set, made, changed, seen=kept.version)
        assert [key["key"] for key in desk.last.before["keys"]] == ["order"]
        assert desk.last.after["keys"] == []
        copy = desk.do(copy_user_data_set, desk.data_set("customer").id, "Customer 2")
        assert [key.key for key in desk.read(kept_user_data_set, copy).settings.keys] == ["account"]
        desk.do(remove_user_data_set, made)
        assert {each.key for each in desk.read(kept_user_data_sets)} == {"customer", "customer-2"}

    def test_one_that_is_used_stays_and_names_differ(self, desk):
        customer = desk.data_set("customer")
        with pytest.raises(UserDataSetInUse):
            desk.do(remove_user_data_set, customer.id)
        with pytest.raises(InvalidParameters):
            desk.do(create_user_data_set, UserDataSet(name="customer"))
        with pytest.raises(ChangedMeanwhile):
            desk.do(change_user_data_set, customer.id, UserDataSet(name="x"), seen="of long ago")


class TestTheOrganization:
    def changed(self, desk, **update):
        kept = desk.read(kept_organization)
        settings = type(kept.settings).model_validate({**kept.settings.model_dump(), **update})
        desk.do(change_organization, settings, seen=kept.version)

    def test_a_change_is_told_in_the_words_of_a_file(self, desk):
        self.changed(desk, name="Acme Inc.")
        by_console = desk.last
        desk.apply(ACME)
        by_file = desk.last
        assert (by_console.subject_kind, by_console.subject_key) == (by_file.subject_kind, by_file.subject_key)
        assert by_console.after == by_file.before
        assert by_console.before == by_file.after

    def test_of_two_who_change_it_the_second_is_told(self, desk):
        kept = desk.read(kept_organization)
        self.changed(desk, name="First")
        with pytest.raises(ChangedMeanwhile) as refusal:
            desk.do(change_organization, kept.settings.model_copy(update={"name": "Second"}), seen=kept.version)
        assert refusal.value.details["now"]["name"] == "First"

    @pytest.mark.parametrize(
        ("languages", "default", "field", "words"),
        [
            (("es",), "en", "default_language", "This is not among the languages"),
            (("en", "x_y_"), "en", "languages", "is no language tag"),
            (("es",), "es", "languages", "still spoken by template brand (en)"),
        ],
    )
    def test_languages(self, desk, languages, default, field, words):
        with pytest.raises(InvalidParameters) as refusal:
            self.changed(desk, languages=languages, default_language=default)
        assert refusal.value.details["field"] == field
        assert words in refusal.value.message

    def test_the_zone_of_those_without_one_of_their_own(self, desk):
        desk.apply(
            ACME.replace('name = "Billing"', 'name = "Billing"\n[call_targets.desk]\nname = "D"\ntime_zone = "UTC"')
        )
        kept = desk.read(kept_organization)
        assert [target.key for target in kept.following] == ["billing"]
        assert [target.key for target in kept.apart] == ["desk"]
