"""OGC API – Features (parts 1 to 3) and Tiles, over the same layers as the map."""

from fastapi import APIRouter

from api.http.ogc import features, filtering, landing, tilesets

router = APIRouter(include_in_schema=False)
for part in (landing, filtering, features, tilesets):
    router.include_router(part.router)
