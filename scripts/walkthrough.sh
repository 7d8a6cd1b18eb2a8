#!/bin/bash
# Imports the public files that README.md names and ends with a real factory's ranking:
#
#   scripts/walkthrough.sh FOLDER
#
# FOLDER holds admin/, factories/, layers/ and roads/ as README.md lists them. Repeating it changes nothing: an
# import of the same file with the same mapping is told as already done.
set -euo pipefail
folder=$(readlink -f "${1:?Thư mục dữ liệu / folder of the files, see README.md}")
cd "$(dirname "$(readlink -f "$0")")/.."

import() {
    local layer=$1 file=$2 mapping=$3
    shift 3
    [ -f "$folder/$file" ] || { echo "✗ $file: không có tệp này / no such file (README.md)" >&2; exit 1; }
    echo "▸ $layer ← $file"
    ./run import "$layer" "$folder/$file" --mapping "$mapping" "$@"
}

import admin_units admin/admin_vn_pre2025.gpkg admin_pre2025_provinces
import admin_units admin/admin_vn_pre2025.gpkg admin_pre2025_districts
import admin_units admin/units_pre2025_communes.csv admin_pre2025_communes
import admin_units admin/admin_vn_2025.gpkg admin_2025_provinces
import admin_units admin/admin_vn_2025.gpkg admin_2025_communes
import admin_lineage admin/commune_mapping_2025.csv admin_2025_lineage
import enterprises factories/osh_sample_facilities_vn.csv osh_factories --valid-from 2020-01-01
import constraints layers/heritage_biosphere_reserves_vn.geojson heritage_areas --valid-from 2020-01-01
import roads roads/osm_vn_city_roads.gpkg osm_roads --valid-from 2023-08-24

echo "▸ JC Int'l Vina, Thuận Giao, Thuận An: may mặc / apparel (VSIC 2018: 14), 2 ha"
./run match osh-f172b5a192c0cf5f --need 2 --top 5
