"""Tell of instruments what they are and when they were calibrated, and keep every certificate.

Reversible: the downgrade adds every row to `calibration_certificates_archived`, and what instruments had from here to
`instruments_enhanced_archived`.
"""

from alembic import op

from migrations.sqltools import APP, grant
from migrations.stairs import CREATED, archive_and_drop, archive_columns_and_drop, create, index

revision = "011_enhance_instruments_calibration"
down_revision = "010_add_as1851_rules"
branch_labels = None
depends_on = None

# calibration_*: a copy of the newest certificate; a verdict asks the certificates themselves, by the date of the test.
COLUMNS = {
    "instrument_type": "varchar(50) CONSTRAINT ck_instruments_type CHECK (instrument_type IN ('manometer',"
    " 'anemometer', 'force_gauge', 'multimeter', 'thermometer'))",
    "calibration_frequency_months": "integer CONSTRAINT ck_instruments_calibration_freq"
    " CHECK (calibration_frequency_months BETWEEN 1 AND 60)",
    "calibration_standard": "varchar(100)",
    "calibration_cert_id": "varchar(100)",
    "calibration_date": "date",
    "calibration_expiry": "date",
    "accuracy": "varchar(50)",
    "range_min": "numeric(10, 3)",
    "range_max": "numeric(10, 3)",
    "unit": "varchar(20)",
}
CERTIFICATES = f"""
  cert_id uuid NOT NULL DEFAULT gen_random_uuid(),
  instrument_id uuid NOT NULL,
  cert_number varchar(100) NOT NULL CHECK (btrim(cert_number) <> ''),
  calibration_date date NOT NULL,
  expiry_date date NOT NULL,
  calibration_authority varchar(255),
  standard varchar(100),
  certificate_file_path text,
  artifact_id uuid,
  {CREATED},
  PRIMARY KEY (tenant_id, cert_id),
  withdrawn_at timestamptz,
  withdrawn_by uuid REFERENCES users (id) ON DELETE SET NULL,
  withdrawn_reason text,
  CONSTRAINT ck_certs_withdrawn_reason CHECK (withdrawn_at IS NULL OR withdrawn_reason IS NOT NULL),
  CONSTRAINT ck_certs_expiry_after_calibration CHECK (expiry_date > calibration_date),
  FOREIGN KEY (tenant_id, artifact_id) REFERENCES artifacts (tenant_id, artifact_id),
  FOREIGN KEY (tenant_id, instrument_id) REFERENCES instruments (tenant_id, id) ON DELETE CASCADE"""


def upgrade() -> None:
    for column, kind in COLUMNS.items():
        op.execute(f"ALTER TABLE instruments ADD COLUMN {column} {kind}")
    create("calibration_certificates", CERTIFICATES)
    grant("calibration_certificates", "INSERT", APP)
    # A certificate says what it says: one that was entered wrongly is withdrawn and entered again.
    op.execute(
        "GRANT UPDATE (certificate_file_path, artifact_id, withdrawn_at, withdrawn_by, withdrawn_reason)"
        f" ON calibration_certificates TO {APP}"
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_cert_number ON calibration_certificates (tenant_id, calibration_authority, cert_number)"
        " NULLS NOT DISTINCT WHERE withdrawn_at IS NULL"
    )
    index("idx_instruments_type", "instruments", "instrument_type")
    index("idx_instruments_expiry", "instruments", "calibration_expiry")
    index("idx_certs_instrument", "calibration_certificates", "instrument_id")
    index("idx_certs_expiry", "calibration_certificates", "expiry_date")


def downgrade() -> None:
    archive_and_drop("calibration_certificates")
    archive_columns_and_drop("instruments", "instruments_enhanced_archived", "id", *COLUMNS)
