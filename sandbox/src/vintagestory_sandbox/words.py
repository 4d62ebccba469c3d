"""The vocabulary of the generated mods, on the themes of the game: survival, crafting, building, creatures, weather."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


THINGS = _words(
    """
    lantern chisel quern helve anvil crucible bloomery cauldron kiln loom spindle basket barrel crate shelf ladder hammock
    bedroll torch candle brazier hearth chimney lamp sconce chandelier window shutter door gate fence palisade wall roof
    tile beam plank thatch brick slate flagstone column arch stair slab mosaic carpet tapestry banner curtain cushion chair
    stool bench table cupboard wardrobe shovel pickaxe axe hammer saw scythe hoe sickle knife spear sling bow arrow quiver
    shield falchion mace club cleaver halberd lance helmet cuirass gauntlet boot cloak hood tunic glove belt satchel
    backpack pouch waterskin bucket bowl jug crock pot pan mortar pestle flour bread dough stew soup porridge cheese butter
    honey jam pickle cider mead wine brandy tea broth sausage jerky fish egg berry apple pear cherry plum peach olive lentil
    rice millet rye spelt flax parsnip turnip cabbage onion carrot pumpkin mushroom herb spice salt resin pitch tallow wax
    candlewick rope twine thread linen wool leather hide fur feather bone antler horn tusk shell clay sand gravel peat soil
    compost manure seed sapling bush vine reed moss fern flower meadow forest swamp desert tundra glacier river lake island
    cliff cave cavern ravine geyser spring waterfall volcano storm rain snow hail fog wind thunder drought season winter
    autumn copper tin bronze iron steel silver gold lead zinc bismuth nickel chromite graphite quartz amber jade obsidian
    granite basalt chalk limestone marble sandstone shale wolf bear boar deer moose goat sheep pig chicken rooster hare fox
    raccoon hyena gazelle salmon trout pike eel bee moth locust drifter bowtorn shiver automaton golem relic ruin tower
    crypt vault library observatory windmill waterwheel gear axle pulley winch crane cart wagon sled raft canoe boat sail
    anchor compass map sextant clock bell whistle drum flute lute book scroll quill ink parchment letter coin token ring
    amulet charm rune crystal lens mirror prism temporal rift translocator beacon trader market caravan village outpost farm
    orchard vineyard apiary stable barn coop pasture cellar pantry attic dungeon quarry mine shaft tunnel trap snare lure
    net rod hook
    """
)

QUALITIES = _words(
    """
    ancient arctic autumnal balanced better bigger bold brisk bright calm careful clever cold colourful common complete cosy
    crude cunning dark deep dense detailed different distant dusty early easy enchanted endless expanded extra faded faint
    fair fancy fast fertile fierce fine forgotten frosty frozen gentle gilded golden grand greedy handy hardy harsh heavy
    hidden hollow homely honest humble hungry immersive improved industrious keen large lasting lazy light little lively
    lonely long lost loud lucky mellow merry mighty misty modest mossy muddy narrow nimble noble noisy northern old ornate
    painted patient peaceful plain pleasant polished primitive proper quick quiet ragged rare realistic rich ripe rough
    rugged rusty sacred salty seasoned secret sharp shiny simple slow small smoky smooth soft solid southern spare sparse
    steady steep stone stout strange strong sturdy stubborn subtle sunny swift tall tame tender thick thin tidy tiny tough
    twilight useful vast verdant vivid wandering warm weathered wide wild wise wooden worn young
    """
)

DEEDS = _words(
    """
    baking balancing brewing building carving casting charting chiselling climbing cooking crafting curing cutting digging
    drying dyeing farming feeding felling fermenting filtering firing fishing foraging forging gathering gilding glazing
    grafting grinding hatching hauling herding hunting keeping lighting mapping melting milling mining mixing moulding
    mounting nesting painting panning paving pickling planting plating pottery preserving prospecting quarrying quenching
    reaping refining repairing riding roasting salting sailing sawing scouting sharpening shearing sifting smelting smithing
    smoking sorting spinning stacking storing tanning taming tempering thatching tinkering trading trapping travelling
    weaving welding whittling
    """
)

ENDINGS = (
    "Tweaks",
    "Overhaul",
    "Expanded",
    "Reworked",
    "Revival",
    "Patch",
    "Plus",
    "Lib",
    "Compat",
    "Extras",
    "Redux",
    "Toolbox",
    "Pack",
    "Mod",
)

SUMMARIES = (
    "Adds {a} {x} and {y} to the world.",
    "Adds the {x}, for {d} and {e}.",
    "A small mod that adds {a} {x}.",
    "Adds new recipes for the {x} and the {y}.",
    "This mod makes {d} {a} and {b}.",
    "A {a} way of {d}, with {b} {x}s and more",
    "Makes the {x} {a} again, and the {y} less {b}",
    "Changes how {d} works: the {x} is now {a}.",
    "The {a} {x} that you always wanted for {d}.",
    "Allows {d} with a {x} instead of the {y}",
    "Compatibility patch for {n} and {m}",
    "Server tweaks for {d} and {e}.",
    "More {a} {x}s, more {b} {y}s, and a {z}",
    "Lets you put the {x} on the {y}, for the {a} look.",
    "Removes the {x} from the game. That's all, it's {a}.",
    "Adds a config for the {x}: how {a}, how {b}, and when",
    "Adds {n}, a {a} library for mods about {d}.",
    "For players who find {d} too {a}: the {x} is {b} now",
    "{x}, {y}, {z}: all of the {a} things for {d}",
    "{a} {x}s",
)

AUTHOR_STARTS = _words(
    """
    Ald Bor Cae Dun Eld Fen Gar Hal Ith Jor Kel Lor Mor Nim Oak Pyr Quil Ron Syl Tor Ulm Ver Wyn Xan Yor Zel Ash Brim Cob
    Dew
    """
)
AUTHOR_ENDS = _words(
    """
    dan mir wen rik tus lia vex nor bit fox smith ward ling mere ton by gar low field wright stead croft vale hart moss pike
    run
    """
)

# The accented, the far and the pictorial, for names that are not plain ASCII.
FOREIGN_NAMES = (
    "Glühwürmchen",
    "Crème Brûlée",
    "Żelazna Kuźnia",
    "Кузница и Печь",
    "Тёплый Дом",
    "石窯とパン",
    "古い灯籠",
    "炉边故事",
    "Señor Maíz",
    "Forêt – Édition d’hiver",
)
PICTURES = ("🔥", "🐺", "⚒️", "🌾", "🍄", "🏔️")
