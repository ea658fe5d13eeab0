import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * A consumer of tier changes and churn alerts, to copy: one JSON line for each thing to act on, once.
 *
 * <p>Run (JDK 17, Maven): mvn -q dependency:copy-dependencies -DoutputDirectory=lib && KAFKA_BROKERS=…
 * SCHEMA_REGISTRY_URL=… java -cp 'lib/*' ExampleConsumer.java
 */
public class ExampleConsumer {
  private static final String PREFIX = env("CLIENTELE_TOPIC_PREFIX", "");
  private static final String TIER = PREFIX + "customer-value.tier-changed.v1";
  private static final String CHURN = PREFIX + "customer-value.churn-alert.v1";
  private static final String REGISTRY = env("SCHEMA_REGISTRY_URL", "http://localhost:8081");

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Map<Integer, Schema> SCHEMAS = new HashMap<>();

  /**
   * What was acted on. In memory it is lost with the process: keep it where your effect is, in the same transaction,
   * e.g. a table with eventId as its primary key.
   */
  private static final Set<String> ACTED = new HashSet<>();

  public static void main(String[] args) throws Exception {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", env("KAFKA_BROKERS", "localhost:9092"));
    settings.put("group.id", env("GROUP_ID", "example-java"));
    // Java's default is read_uncommitted, which also delivers what was aborted.
    settings.put("isolation.level", "read_committed");
    settings.put("auto.offset.reset", "earliest");
    // Committed below, after acting: a crash repeats, and ACTED makes repeating harmless.
    settings.put("enable.auto.commit", "false");
    try (KafkaConsumer<String, byte[]> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
      Runtime.getRuntime().addShutdownHook(new Thread(consumer::wakeup));
      consumer.subscribe(List.of(TIER, CHURN));
      while (true) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(500))) {
          if (record.value() != null) act(record.topic(), decode(record.value()));
        }
        consumer.commitSync();
      }
    } catch (WakeupException stopped) {
      // SIGTERM.
    }
  }

  private static void act(String topic, GenericRecord transition) throws IOException {
    String eventId = text(transition, "eventId");
    if (!ACTED.add(eventId)) return;
    boolean isTier = topic.equals(TIER);
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("about", isTier ? "tier" : "churn");
    line.put("customerId", text(transition, "customerId"));
    line.put("sequence", transition.get("sequence"));
    line.put("change", text(transition, isTier ? "direction" : "status"));
    GenericRecord tier = isTier ? (GenericRecord) transition.get("currentTier") : null;
    line.put("to", isTier ? (tier == null ? null : text(tier, "id")) : text(transition, "band"));
    // A control group shows what would have happened without you; history is no news.
    boolean isControl = transition.hasField("control") && (Boolean) transition.get("control");
    line.put("hold", isControl ? "control" : (Boolean) transition.get("backfill") ? "backfill" : null);
    line.put("supersedes", text(transition, "supersedes"));
    line.put("eventId", eventId);
    System.out.println(JSON.writeValueAsString(line));
  }

  /** Confluent framing: a zero byte, the schema id in four, then Avro. */
  private static GenericRecord decode(byte[] value) throws IOException, InterruptedException {
    ByteBuffer bytes = ByteBuffer.wrap(value);
    if (bytes.get() != 0) throw new IOException("not in the registry framing");
    Schema schema = schemaOf(bytes.getInt());
    return new GenericDatumReader<GenericRecord>(schema)
        .read(null, DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, null));
  }

  /** The schema a value was written with, asked for once. */
  private static Schema schemaOf(int id) throws IOException, InterruptedException {
    Schema known = SCHEMAS.get(id);
    if (known != null) return known;
    HttpRequest request = HttpRequest.newBuilder(URI.create(REGISTRY + "/schemas/ids/" + id)).build();
    HttpResponse<String> answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IOException("schema " + id + ": the registry answers " + answer.statusCode());
    }
    Schema schema = new Schema.Parser().parse(JSON.readTree(answer.body()).get("schema").asText());
    SCHEMAS.put(id, schema);
    return schema;
  }

  private static String text(GenericRecord record, String field) {
    Object value = record.get(field);
    return value == null ? null : value.toString();
  }

  private static String env(String name, String fallback) {
    return System.getenv().getOrDefault(name, fallback);
  }
}
