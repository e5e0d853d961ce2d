package detangle.example.kafka;

import detangle.hub.Hub;
import detangle.pipelines.Classification;
import detangle.pipelines.DynamicBatching;
import detangle.pipelines.PipelineException;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.TextClassifier;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Produced;
import tools.jackson.databind.json.JsonMapper;

/** Writes the label of each message of a Kafka topic to another topic, under the same key. */
public final class ScoreMessages {
    private static final JsonMapper JSON = new JsonMapper();

    private ScoreMessages() {}

    /**
     * An answer to a message.
     *
     * @param isLabel whether the message has a label; otherwise the JSON says why it has none
     */
    private record Answer(boolean isLabel, String json) {
        static Answer of(TextClassifier classifier, String text) {
            try {
                Classification best = classifier.classify(text).getFirst();
                return new Answer(true, JSON.writeValueAsString(best));
            } catch (PipelineException e) {
                // The text is at fault, for example because it is empty. Any other exception ends the program: Kafka
                // gives the message to the next process that reads the topic.
                return new Answer(false, JSON.writeValueAsString(Map.of("error", e.getMessage())));
            }
        }
    }

    /**
     * Returns the program of the stream.
     *
     * @param texts the topic whose messages are texts
     * @param labels the topic for JSON such as {@code {"label":"card_arrival","score":0.93}}
     * @param failures the topic for messages that cannot be answered, with JSON such as {@code {"error":"..."}}
     */
    static Topology topology(TextClassifier classifier, String texts, String labels, String failures) {
        StreamsBuilder builder = new StreamsBuilder();
        Produced<String, String> strings = Produced.with(Serdes.String(), Serdes.String());
        KStream<String, Answer> answers = builder.stream(texts, Consumed.with(Serdes.String(), Serdes.String()))
                // A message without a value deletes its key in a compacted topic, and has no text.
                .filter((key, text) -> text != null)
                .mapValues(text -> Answer.of(classifier, text));
        answers.filter((key, answer) -> answer.isLabel())
                .mapValues(Answer::json)
                .to(labels, strings);
        answers.filterNot((key, answer) -> answer.isLabel())
                .mapValues(Answer::json)
                .to(failures, strings);
        return builder.build();
    }

    /** Returns the settings of Kafka Streams: its threads share one model, which runs their messages together. */
    static Properties settings(String brokers, int threads) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "score-messages");
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, threads);
        return settings;
    }

    /** Runs until the process is asked to end, or until Kafka Streams fails. */
    public static void main(String[] args) throws InterruptedException {
        if (args.length < 4 || args.length > 5) {
            System.err.println("usage: ScoreMessages BROKERS TEXTS LABELS FAILURES [MODEL]");
            System.exit(2);
        }
        String model = args.length > 4 ? args[4] : "models/pretrained/banking77-small";
        PipelineOptions options =
                PipelineOptions.DEFAULT.withTruncation(true).withDynamicBatching(DynamicBatching.DEFAULT);
        CountDownLatch ended = new CountDownLatch(1);
        boolean hasFailed;
        try (TextClassifier classifier = TextClassifier.load(Hub.model(model), options);
                KafkaStreams streams =
                        new KafkaStreams(topology(classifier, args[1], args[2], args[3]), settings(args[0], 8))) {
            Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
            streams.setStateListener((state, before) -> {
                if (state.hasCompletedShutdown()) {
                    ended.countDown();
                }
            });
            streams.start();
            ended.await();
            hasFailed = streams.state() == KafkaStreams.State.ERROR;
        }
        if (hasFailed) {
            System.exit(1);
        }
    }
}
