"""`pain-watchdog`: users' pain in analytics events, before their support tickets (`docs/loops/pain-watchdog.md`)."""
