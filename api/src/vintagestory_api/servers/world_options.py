"""What can be chosen for a new world, as the game of version 1.22 knows it. Mods add more, which nobody knows beforehand."""

from typing import Final

from vintagestory_api.servers.schemas import WorldOption, WorldOptionList

PLAY_STYLES: Final = ("surviveandbuild", "exploration", "wildernesssurvival", "homosapiens", "creativebuilding")
WORLD_TYPES: Final = ("standard", "superflat")

_BOOL = "true false"
_LENGTHS = "8192000 4096000 2048000 1024000 600000 512000 384000 256000 102400 51200 25600 10240 5120 1024 512 384 256 128 64 32"
_DISTANCES = "800000 400000 200000 100000 50000 25000 15000 10000 5000"

#: Group → name, title, values, default. Names and values are the game's own, misspellings included.
_TABLE: Final[dict[str, tuple[tuple[str, str, str, str], ...]]] = {
    "Players": (
        ("gameMode", "Game mode", "survival creative", "survival"),
        ("playerlives", "Lives (-1: no limit)", "1 2 3 4 5 10 20 -1", "-1"),
        ("playerHealthPoints", "Health points", "5 10 15 20 25 30 35", "15"),
        ("playerHungerSpeed", "How fast players get hungry", "2 1.5 1.25 1 0.75 0.5 0.25", "1"),
        ("playerHealthRegenSpeed", "How fast players heal", "2 1.5 1.25 1 0.75 0.5 0.25", "1"),
        ("playerMoveSpeed", "How fast players move", "2 1.75 1.5 1.25 1 0.75", "1.5"),
        ("lungCapacity", "How long players can dive (ms)", "10000 20000 30000 40000 60000 120000 3600000", "40000"),
        ("bodyTemperatureResistance", "Cold that players bear (°C)", "-40 -30 -20 -15 -10 -5 0 5 10 15 20", "0"),
        ("deathPunishment", "What players carry when they die", "drop keep", "drop"),
        ("droppedItemsTimer", "How long dropped things lie (s)", "300 600 1200 1800 3600", "600"),
        ("spawnRadius", "How far apart players begin (blocks)", "10000 5000 2500 1000 500 250 100 50 25 0", "50"),
        ("graceTimer", "Days without monsters", "10 5 4 3 2 1 0", "0"),
        ("classExclusiveRecipes", "Some recipes only for some classes", _BOOL, "true"),
        ("allowCoordinateHud", "Players may see coordinates", _BOOL, "true"),
        ("allowMap", "Players may see the map", _BOOL, "true"),
        ("colorAccurateWorldmap", "Map in true colours", _BOOL, "false"),
        ("allowLandClaiming", "Players may claim land", _BOOL, "true"),
        ("auctionHouse", "Players may trade at the auction house", _BOOL, "true"),
    ),
    "Creatures": (
        ("creatureHostility", "Hostility", "aggressive passive off", "aggressive"),
        ("creatureStrength", "Strength", "4 2 1.5 1 0.5 0.25", "1"),
        ("creatureSwimSpeed", "How fast they swim", "0.5 1 1.5 2 2.5 3", "2"),
    ),
    "Survival": (
        ("foodSpoilSpeed", "How fast food spoils", "4 3 2 1.5 1.25 1 0.75 0.5 0.25", "1"),
        ("saplingGrowthRate", "How long saplings take to grow", "16 8 4 2 1.5 1 0.75 0.5 0.25", "1"),
        ("toolDurability", "How long tools last", "4 3 2 1.5 1.25 1 0.75 0.5", "1"),
        ("toolMiningSpeed", "How fast tools work", "3 2 1.5 1.25 1 0.75 0.5 0.25", "1"),
        ("propickNodeSearchRadius", "How far the prospecting pick sees (blocks)", "0 2 4 6 8", "0"),
        ("microblockChiseling", "What can be chiselled", "off stonewood all", "stonewood"),
        ("clutterObtainable", "Clutter can be taken along", "ifrepaired yes no", "ifrepaired"),
        ("allowUndergroundFarming", "Crops grow under ground", _BOOL, "false"),
        ("noLiquidSourceTransport", "Water sources can't be carried", _BOOL, "false"),
        ("blockGravity", "What falls", "sandgravel sandgravelsoil", "sandgravel"),
        ("caveIns", "Caves fall in", "off on", "off"),
        ("lightningFires", "Lightning starts fires", _BOOL, "false"),
        ("loreContent", "Story places and texts", _BOOL, "true"),
    ),
    "Seasons and climate": (
        ("seasons", "Seasons", "enabled spring summer fall winter", "enabled"),
        ("daysPerMonth", "Days in a month", "30 20 12 9 6 3", "9"),
        ("harshWinters", "Harsh winters", _BOOL, "true"),
        ("snowAccum", "Snow piles up", _BOOL, "true"),
        ("startingClimate", "Climate where players begin", "hot warm temperate cool icy", "temperate"),
        ("worldClimate", "How climates lie", "realistic patchy", "realistic"),
        ("polarEquatorDistance", "From pole to equator (blocks)", _DISTANCES, "50000"),
        ("globalTemperature", "Temperature", "4 2 1.5 1 0.5 0.25 0.1", "1"),
        ("globalPrecipitation", "Rain", "4 2 1.5 1 0.5 0.25 0.1", "1"),
        ("globalForestation", "Forest", "1 0.9 0.75 0.5 0.25 0 -0.25 -0.5 -0.75 -0.9 -1", "0"),
    ),
    "Temporal stability": (
        ("temporalStability", "Temporal stability", _BOOL, "true"),
        ("temporalStorms", "Temporal storms", "off veryrare rare sometimes often veryoften", "sometimes"),
        ("tempstormDurationMul", "How long storms last", "2 1.5 1.25 1 0.75 0.5 0.25", "1"),
        ("temporalStormSleeping", "Players may sleep through storms", "0 1", "1"),
        ("temporalRifts", "Rifts", "off invisible visible", "visible"),
        ("temporalGearRespawnUses", "How often a gear brings players back (-1: always)", "-1 20 10 5 4 3 2 1", "1"),
    ),
    "Land": (
        ("worldWidth", "Width (blocks)", _LENGTHS, "1024000"),
        ("worldLength", "Length (blocks)", _LENGTHS, "1024000"),
        ("worldEdge", "Edge of the world", "blocked traversable", "traversable"),
        ("landcover", "Land, against water", "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1", "1"),
        ("oceanscale", "Size of oceans", "0.1 0.25 0.5 0.75 1 1.25 1.5 1.75 2 3 4", "1"),
        ("upheavelCommonness", "Mountain ranges", "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1", "0.3"),
        ("geologicActivity", "Hot springs and the like", "0 0.05 0.1 0.2 0.4", "0.05"),
        ("landformScale", "Size of landforms", "0.2 0.4 0.6 0.8 1.0 1.2 1.4 1.6 1.8 2 3", "1.0"),
        ("globalDepositSpawnRate", "Ore", "3 2.5 2 1.5 1 0.8 0.6 0.4 0.2", "1"),
        ("surfaceCopperDeposits", "Copper at the surface", "1 0.5 0.2 0.12 0.05 0.015 0", "0.12"),
        ("surfaceTinDeposits", "Tin at the surface", "0.5 0.25 0.12 0.03 0.014 0.007 0", "0.007"),
    ),
}  # fmt: skip


def world_options() -> WorldOptionList:
    items = [
        WorldOption(name=name, title=title, group=group, values=values.split(), default=default)
        for group, rows in _TABLE.items()
        for name, title, values, default in rows
    ]
    return WorldOptionList(items=items, play_styles=list(PLAY_STYLES), world_types=list(WORLD_TYPES))
