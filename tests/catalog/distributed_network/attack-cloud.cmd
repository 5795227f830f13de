# TeamFiltration over the regions of a cloud provider.
"$SPRAYWATCH" gen --shape graph --people 400 --days 5 --noise none --attack teamfiltration:start=2
