"""boto3's waiter: for each id on a line of standard input, creates the cluster and waits until it is available."""

import sys

import boto3

url, key, secret, runs = sys.argv[1:5]
client = boto3.client(
    "elasticache",
    endpoint_url=url,
    region_name="us-east-1",
    aws_access_key_id=key,
    aws_secret_access_key=secret,
)
waiter = client.get_waiter("cache_cluster_available")
# Connections and imports are had before the first is timed.
client.describe_cache_clusters()
print("ready", flush=True)
for number in range(int(runs)):
    sys.stdin.readline()
    cluster = f"waited-{number}"
    client.create_cache_cluster(
        CacheClusterId=cluster, Engine="redis", CacheNodeType="cache.t3.micro", NumCacheNodes=1
    )
    print("created", flush=True)
    waiter.wait(CacheClusterId=cluster)
    print("returned", flush=True)
