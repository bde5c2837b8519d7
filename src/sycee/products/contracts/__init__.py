"""Contracts: what a customer signed, as data and as a PDF in Chinese and English."""

from importlib import import_module

from sycee.products.contracts.data import (
    Contract,
    ContractCustomer,
    ContractItem,
    ContractRate,
    ContractTerm,
    Particular,
    Text,
    read_contract,
)


def contract_pdf(contract: Contract) -> bytes:
    """The contract on paper; the same contract gives the same bytes."""
    # what draws is large, and most programs that know contracts never draw one
    drawn: bytes = import_module("sycee.products.contracts.pdf").contract_pdf(contract)
    return drawn


__all__ = [
    "Contract",
    "ContractCustomer",
    "ContractItem",
    "ContractRate",
    "ContractTerm",
    "Particular",
    "Text",
    "contract_pdf",
    "read_contract",
]
