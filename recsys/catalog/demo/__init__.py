"""The embedded demo catalogue: products and dressed people, drawn by code from a seed."""

from recsys.catalog.demo.plan import DemoPlan, plan_demo
from recsys.catalog.demo.write import write_demo

__all__ = ["DemoPlan", "plan_demo", "write_demo"]
