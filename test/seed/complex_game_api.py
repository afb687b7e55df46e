#!/usr/bin/env python
# The seed's complex game API as its README gives it, but for the broker and the topic, which the environment
# names, and one line's tab, which Python 3 refuses.
import json
import os
from flask import Flask,request
from kafka import KafkaProducer
app = Flask(__name__)
events_topic = os.environ['KAFKA_TOPIC']
producer = KafkaProducer(bootstrap_servers=os.environ['KAFKA_BROKERS'])

def log_to_kafka(topic, event):
        event.update(request.headers)
        producer.send(topic, json.dumps(event).encode())

@app.route("/")
def default_response():
        default_event = {'event_type': 'default'}
        log_to_kafka(events_topic, default_event)
        return "\nThis is the default response!\n"

@app.route("/buy_a_sword")
def purchase_sword():
        purchase_sword_event = {'event_type': 'purchase_sword'}
        log_to_kafka(events_topic, purchase_sword_event)
        return "\nSword Purchased!\n"


@app.route("/join_guild/<guildname>")
def join_guild(guildname):
        #join the guild
        join_guild_event = {'event_type': 'joined_guild:%s'%(guildname)}
        log_to_kafka(events_topic, join_guild_event)
        return ("\nJoined the Guild: %s\n" %(guildname))
