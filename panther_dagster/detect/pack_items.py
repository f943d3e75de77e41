"""Items that list other items (AnalysisType pack): every id in PackDefinition.IDs must be that of an item."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from panther_dagster.detect.documents import place_of
from panther_dagster.detect.items import Item
from panther_dagster.detect.metadata import did_you_mean
from panther_dagster.errors import RuleError


def check_pack_items(packs: Collection[Item], known_ids: Collection[str]) -> Iterator[RuleError]:
    """An error at each id that no item has."""
    for pack in packs:
        definition = pack.values.get("PackDefinition")
        ids = definition.get("IDs") if isinstance(definition, Mapping) else None
        if not isinstance(ids, list):
            yield RuleError("PackDefinition must have IDs, a list of ids of items", place_of(pack.file, "PackDefinition"))
            continue
        for index, item_id in enumerate(ids):
            if item_id not in known_ids:
                text = f"no item has the id '{item_id}'{did_you_mean(str(item_id), known_ids)}"
                yield RuleError(text, place_of(pack.file, "PackDefinition", "IDs", index))
