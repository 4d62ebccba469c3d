"""Definitions as anybody may have written them: what is wrong is said with its line, and nothing of it is used."""

import contextlib
import random

import pytest

from vintagestory_api.definitions.reading import InvalidDefinition, read_definition
from vintagestory_api.definitions.writing import write_definition
from vintagestory_api.kit.plain_yaml import NotPlainYaml, read_plain_yaml

HEAD = "format: vsmanager.server/1\n"


def refused(text: str) -> InvalidDefinition:
    with pytest.raises(InvalidDefinition) as caught:
        read_definition(text)
    assert "nothing was changed" in caught.value.message
    return caught.value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "It is empty."),
        ("server: [", "Line 2, column 1: did not find"),
        (HEAD + "server: &a {id: x}\nworld: *a\n", "anchors and aliases"),
        (HEAD + "server: !!python/object:os.system {}\n", "tags such as"),
        (HEAD + "server: {id: a}\nserver: {id: b}\n", "Line 3: 'server' is there twice."),
        (HEAD + "---\nserver: {}\n", "a second document begins"),
        (HEAD + "configuration: {serverconfig: " + "{a: " * 40 + "1" + "}" * 42 + "\n", "goes deeper"),
        (HEAD + "mods: [" + "1," * 250_000 + "]\n", "holds more"),
        (HEAD + "? [a]\n: b\n", "a name is expected"),
        (HEAD + "server: {name: \x00}\n", "can't be read"),
        ("a" * 100, "names with values"),
    ],
)
def test_what_is_no_plain_yaml_is_refused(text: str, said: str) -> None:
    assert said in refused(text).message


def test_a_bomb_of_aliases_takes_no_time() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(20)
    )
    assert "anchors and aliases" in refused(bomb).message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("server: {}\n", "Line 1: format has to be given"),
        ("format: vsmanager.server/2\n", "Line 1, format: is 'vsmanager.server/2', and this manager reads vsmanager.server/1"),
        (HEAD + "server:\n  name: Home\n  port: many\n", "Line 4, server.port: has to be a valid integer"),
        (HEAD + "server:\n  port: 70000\n", "Line 3, server.port: has to be less than or equal to 65535"),
        (HEAD + "server:\n  id: ../../etc\n", "Line 3, server.id:"),
        (HEAD + "serever: {}\n", "Line 2, serever: is not known here"),
        (HEAD + "server:\n  name: Home\n  colour: red\n", "Line 4, server.colour: is not known here"),
        (HEAD + "mods:\n- {modid: a, file_name: a.zip}\n", "Line 3, mods.0.sha256: has to be given"),
        (HEAD + "remove_others: [world]\n", "Line 2, remove_others.0: has to be 'mods' or 'schedules'"),
        (HEAD + "updates: {game: always}\n", "Line 2, updates.game:"),
        (
            HEAD + "schedules:\n- name: A\n  trigger: {kind: cron, cron: nonsense}\n  steps: [{do: save}]\n",
            "Line 4, schedules.0.trigger.cron:",
        ),
        (
            HEAD + "schedules:\n- name: A\n  trigger: {kind: cron, cron: 0 5 * * *}\n  steps: [{do: announce}]\n",
            "Line 5, schedules.0.steps.0.text: has to be given",
        ),
        (HEAD + "notifications:\n- {name: A, zone: Nowhere/City}\n", "no time zone"),
        (HEAD + "notifications:\n- name: A\n- name: a\n", "Line 4, notifications.1: 'a' is there twice"),
        (HEAD + "world: {attributes: {seasons: [1]}}\n", "Line 2, world.attributes.seasons: has to be a valid string"),
    ],
)
def test_each_mistake_is_told_with_its_line(text: str, said: str) -> None:
    assert said in refused(text).message


def test_values_of_the_world_may_be_written_as_people_would() -> None:
    world = read_definition(HEAD + "world: {seed: 42, attributes: {allowMap: false, oceanscale: 1.50, graceTimer: 5}}\n").world
    assert world is not None
    assert (world.seed, world.attributes) == ("42", {"allowMap": "false", "oceanscale": "1.50", "graceTimer": "5"})


def test_fractions_are_numbers_in_the_configuration_alone() -> None:
    text = HEAD + "server: {version: 1.22}\nconfiguration: {serverconfig: {TickTime: 33.5, ServerName: '1.5'}}\n"
    found = read_definition(text)
    assert found.server.version == "1.22"
    assert found.configuration is not None
    assert found.configuration.serverconfig == {"TickTime": 33.5, "ServerName": "1.5"}


def test_what_is_written_is_read_again_and_written_the_same() -> None:
    text = HEAD + (
        "server: {id: a, name: 'null', version: 1.22.7, port: 42420, settings: {extra_arguments: ['--foo=1: 2 # x']}}\n"
        "world: {world_name: 'no', seed: '007', attributes: {oceanscale: 1.5}}\n"
        'configuration: {serverconfig: {WelcomeMessage: "a\\nb\\u2028c: #", TickTime: 0.5, '
        "WorldConfig: {AllowCreativeMode: false}}}\n"
        "mods: [{modid: a, version: '1.10', file_name: a.zip, sha256: " + "a" * 64 + ", game_versions: ['1.20', 1.22.7]}]\n"
        "schedules: [{name: 'Ünder # 1', trigger: {kind: cron, cron: 0 5 * * *}, steps: [{do: announce, text: 'a: b'}]}]\n"
        "backups: {}\nupdates: {window: {begin: 05:30, end: 06:00}}\n"
        'notifications: [{name: "x\\u2028# y", rules: [{kinds: [disk_low], only_this_server: false}]}]\n'
        "remove_others: [mods]\n"
    )
    found = read_definition(text)
    written = write_definition(found)
    assert write_definition(read_definition(written)) == written
    assert read_definition(written).model_dump() == found.model_dump()


def test_no_text_whatever_brings_anything_but_words() -> None:
    whole = HEAD + (
        "server: {id: a, name: b, version: 1.22.7}\nworld: {seed: 1}\nmods:\n- {modid: a, file_name: b}\n"
        "schedules:\n- {name: a, trigger: {kind: cron, cron: '0 5 * * *'}, steps: [{do: save}]}\n"
    )
    chance = random.Random(7)
    for _ in range(300):
        letters = list(whole)
        for _ in range(chance.randrange(1, 8)):
            letters[chance.randrange(len(letters))] = chance.choice(":{}[]-#&*!|>'\"%@`\n \t\x00é0a,?")
        with contextlib.suppress(InvalidDefinition):
            read_definition("".join(letters))


def test_a_place_that_is_not_there_has_the_line_of_what_holds_it() -> None:
    read = read_plain_yaml("a:\n  b: 1\n", what="a test", max_depth=4, max_values=50)
    assert (read.line_of(("a", "b", "c")), read.line_of(("a", "x")), read.line_of(("z",))) == (2, 2, 1)
    with pytest.raises(NotPlainYaml, match="goes deeper, than a test can"):
        read_plain_yaml("[[[[[1]]]]]", what="a test", max_depth=4, max_values=50)
