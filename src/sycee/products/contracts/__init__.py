"""Contracts: what a customer signed, as data and as a PDF in Chinese and English."""

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
from sycee.products.contracts.pdf import contract_pdf

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
