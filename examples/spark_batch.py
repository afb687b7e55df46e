"""PySpark, batch: counts the events of the topic by their type, in the Kafka that Herald publishes to.

    pip install pyspark==4.1.1
    spark-submit --packages org.apache.spark:spark-sql-kafka-0-10_2.13:4.1.1 examples/spark_batch.py

The connector has Spark's version. In docker compose's Spark it is there already.
"""

import os

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, get_json_object

spark = SparkSession.builder.appName("herald-batch").getOrCreate()

records = (
    spark.read.format("kafka")
    .option("kafka.bootstrap.servers", os.environ.get("KAFKA_BROKERS", "127.0.0.1:9092"))
    .option("subscribe", os.environ.get("KAFKA_TOPIC", "events"))
    .option("startingOffsets", "earliest")
    .load()
)

# Take what you need by its name. Columns inferred from the JSON change with the headers of the requests in it.
events = records.select(get_json_object(col("value").cast("string"), "$.event_type").alias("type"))
events.groupBy("type").count().orderBy("type").show(truncate=False)
