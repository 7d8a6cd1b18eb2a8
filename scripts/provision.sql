-- What a database of one's own needs before ./run --database-url: run it as a superuser, in that database.
--   psql -v database=didoi -f scripts/provision.sql didoi
-- The private cluster is given the same by layers/db/cluster.py.
CREATE ROLE didoi_owner LOGIN;  -- owns the database and its tables; DIDOI_DATABASE_URL connects as it
CREATE ROLE didoi_app LOGIN;    -- owns nothing; DIDOI_SERVER_DATABASE_URL connects as it
ALTER DATABASE :"database" OWNER TO didoi_owner;
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gist;
GRANT SELECT, INSERT, UPDATE, DELETE ON spatial_ref_sys TO didoi_owner;  -- VN-2000, pinned by the migrations
