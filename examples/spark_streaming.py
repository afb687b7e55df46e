"""Spark Structured Streaming: shows the events of the topic as they come, each once. What it has shown it remembers in
the folder CHECKPOINT, so that it goes on from there when it is started again. Ctrl-C ends it.

    pip install pyspark==4.1.1
    spark-submit --packages org.apache.spark:spark-sql-kafka-0-10_2.13:4.1.1 examples/spark_streaming.py
"""

import os

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, get_json_object

spark = SparkSession.builder.appName("herald-streaming").getOrCreate()

records = (
    spark.readStream.format("kafka")
    .option("kafka.bootstrap.servers", os.environ.get("KAFKA_BROKERS", "127.0.0.1:9092"))
    .option("subscribe", os.environ.get("KAFKA_TOPIC", "events"))
    # The first time. Later it is the checkpoint that counts.
    .option("startingOffsets", "earliest")
    .load()
)

events = records.select(
    "partition",
    "offset",
    "timestamp",
    get_json_object(col("value").cast("string"), "$.event_type").alias("type"),
)

query = (
    events.writeStream.format("console")
    .option("truncate", False)
    .option("checkpointLocation", os.environ.get("CHECKPOINT", "checkpoint"))
    .start()
)
try:
    query.awaitTermination()
except KeyboardInterrupt:
    query.stop()
