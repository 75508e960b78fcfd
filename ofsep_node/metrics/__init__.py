"""What the node counts of its own work. Only `counting` knows Prometheus."""

from ofsep_node.metrics.meters import DeliveryMeter, IntakeMeter, ReceptionMeter, RetentionMeter

__all__ = ["DeliveryMeter", "IntakeMeter", "ReceptionMeter", "RetentionMeter"]
