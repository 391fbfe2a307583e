"""A projection built anew from its topic, beside the live one: compared, and brought into use.

    bulk -> keys -> catch-up -> comparison at one offset -> takeover

Live agents, syncs, purges and readers go on throughout. Until the takeover nothing that is in use
has changed; what ends before it, in whatever way, leaves a build that is dropped.
"""

import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import asyncpg

from projections import migrate
from projections.migrate import Projection
from projections.rebuild import digests
from projections.rebuild.digests import Place
from schemas.errors import SyncError
from streams import log_identity, offsets
from streams.database import Database
from streams.rebuild import accepted_gaps, builds, bulk, gaps, late_keys, retired, takeover
from streams.rebuild.builds import Build
from streams.rebuild.bulk_reader import BulkReader
from streams.rebuild.child import Progress, build_database
from streams.rebuild.folding import BuildProjector, BuildRefusals
from streams.settings import Settings

Stage = Literal["reading", "keys", "catching_up", "comparing", "taking_over"]
LEASE_SECONDS = 30.0
CAUGHT_UP_MESSAGES = 50  # What the takeover may apply while everybody waits.
ROUNDS_MAX = 50
