package detangle.pipelines.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.deberta.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

/** Schemas out of JSON. */
class SchemaReaderTest {
    @TempDir
    private Path folder;

    private static Schema read(String json) {
        return SchemaReader.of(JsonMapper.shared().readTree(json));
    }

    @Test
    void theDocumentedObjectIsRead() {
        Schema schema = read("""
            {"entities": {"person": "who", "city": {"dtype": "str", "threshold": 0.3}},
             "attributes": {"tense": {"labels": ["past", "present"], "applies_to": ["person"]}},
             "structures": {"event": {"fields": ["who::str", {"name": "kind", "choices": ["war", "travel"]}]},
                            "trip": ["to::[a|b]::where"]},
             "relations": ["works for", "lives in"],
             "classifications": [{"task": "topic", "labels": ["a", "b"], "multi_label": true}]}
            """);
        Entities entities = schema.entities().orElseThrow();
        assertEquals(
                EntityKind.of("person").withDescription("who"), entities.kinds().getFirst());
        assertEquals(
                EntityKind.of("city").withType(ValueType.ONE).withThreshold(0.3),
                entities.kinds().getLast());
        assertEquals(
                Optional.of(List.of("person")), entities.attributes().getFirst().appliesTo());
        assertEquals(
                Structure.of(
                        "event",
                        StructureField.of("who").withType(ValueType.ONE),
                        StructureField.of("kind").withChoices("war", "travel")),
                schema.structures().getFirst());
        assertEquals(
                Structure.of(
                        "trip",
                        StructureField.of("to")
                                .withType(ValueType.ONE)
                                .withChoices("a", "b")
                                .withDescription("where")),
                schema.structures().getLast());
        assertEquals(List.of(RelationKind.of("works for"), RelationKind.of("lives in")), schema.relations());
        assertEquals(
                ClassificationTask.of("topic", "a", "b").withSeveral(0.5),
                schema.classifications().getFirst());
    }

    @Test
    void stepsMakeTheSameSchema() {
        Schema schema = read("""
            {"steps": [{"do": "entities", "types": ["person"], "options": {"threshold": 0.2}},
             {"do": "structure", "name": "event", "fields": [{"name": "who", "dtype": "str"}]},
             {"do": "classification", "task": "topic", "labels": {"a": "one", "b": "two"},
              "options": {"prompt": "about", "class_act": "sigmoid", "examples": [["x", "a"]]}}]}
            """);
        assertEquals(
                OptionalDouble.of(0.2),
                schema.entities().orElseThrow().kinds().getFirst().threshold());
        ClassificationTask task = schema.classifications().getFirst();
        assertEquals(Optional.of("one"), task.labels().getFirst().description());
        assertEquals(Optional.of("about"), task.prompt());
        assertEquals(ClassificationTask.Activation.SIGMOID, task.chosenActivation());
        assertEquals(List.of(new ClassificationTask.Example("x", "a")), task.examples());
    }

    @Test
    void structuresSayWhatTheirInstancesAreMadeOf() {
        Structure natural = read("""
            {"structures": {"event": {"mode": "natural", "occurrence_policy": "first", "fields": [
              {"name": "who", "dtype": "str"}, {"name": "when", "cardinality": "optional_one", "exclusive": true}]}}}
            """).structures().getFirst();
        Structure expected = Structure.of(
                        "event",
                        StructureField.of("who").withType(ValueType.ONE),
                        StructureField.of("when")
                                .withCardinality(Cardinality.OPTIONAL_ONE)
                                .withExclusive(true))
                .withMode(RecordMode.NATURAL);
        assertEquals(expected, natural);
        assertTrue(natural.isAnchor(natural.fields().getFirst()), "the first field is not the anchor");
        assertEquals(
                List.of(Cardinality.REQUIRED_ONE, Cardinality.OPTIONAL_ONE),
                natural.fields().stream().map(natural::cardinality).toList());
        Structure latent = read("""
            [{"do": "structure", "name": "event", "options": {"mode": "latent"}, "fields": [
              {"name": "who", "dtype": "str"}]}]
            """).structures().getFirst();
        assertEquals(ValueType.LIST, latent.valueType(latent.fields().getFirst()));
    }

    @Test
    void aKindThatTwoStepsNameKeepsItsDescription() {
        Schema schema = read("""
            [{"do": "entities", "types": {"person": {"description": "a human being", "threshold": 0.3}, "city": {}}},
             {"do": "entities", "types": ["person"], "options": {"dtype": "str"}}]
            """);
        assertEquals(
                List.of(
                        EntityKind.of("person").withDescription("a human being").withType(ValueType.ONE),
                        EntityKind.of("city")),
                schema.entities().orElseThrow().kinds());
    }

    @Test
    void aKindMayBeDescribedLaterThanItIsNamed() {
        Schema schema = read("""
            [{"do": "entities", "types": {"city": "a town"}},
             {"do": "entities", "types": ["person"]},
             {"do": "entities", "types": {"person": "a human", "city": "a place"}}]
            """);
        assertEquals(
                List.of(
                        EntityKind.of("city").withDescription("a place"),
                        EntityKind.of("person").withDescription("a human")),
                schema.entities().orElseThrow().kinds());
    }

    /** GLiNER2's builder keeps the place, the description, and the cardinality that the second lacks. */
    @Test
    void aFieldThatIsNamedTwiceCountsOnce() {
        Structure structure = read("""
            {"structures": {"event": {"mode": "latent", "fields": [
              {"name": "who", "dtype": "str", "description": "a person", "threshold": 0.3, "exclusive": true},
              {"name": "when", "description": "a day"},
              {"name": "who", "choices": ["a", "b"]},
              {"name": "when", "description": "a date", "cardinality": "optional_one"}]}}}
            """).structures().getFirst();
        assertEquals(
                Structure.of(
                                "event",
                                StructureField.of("who")
                                        .withChoices("a", "b")
                                        .withDescription("a person")
                                        .withExclusive(true),
                                StructureField.of("when")
                                        .withDescription("a date")
                                        .withCardinality(Cardinality.OPTIONAL_ONE))
                        .withMode(RecordMode.LATENT),
                structure);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | the schema asks for nothing",
                "7 | the schema is not an object",
                "{\"entities\":[]} | there are no kinds of entities",
                "{\"entities\":[\"a\",\"a\"]} | 'a' is there twice",
                "{\"entities\":[\" \"]} | is empty",
                "{\"entities\":[7]} | entities has an element that is not a string",
                "{\"entities\":{\"a\":{\"treshold\":1}}} | entities.a.treshold is not a known property",
                "{\"entities\":{\"a\":{\"threshold\":2}}} | is 2.0; it must be between 0 and 1",
                "{\"entities\":{\"a\":{\"dtype\":\"set\"}}} | entities.a.dtype is 'set'; known are str, list",
                "{\"entites\":[\"a\"]} | entites is not a known property",
                "{\"attributes\":{\"a\":{\"labels\":[\"b\"]}}} | attributes is there without entities",
                "{\"relations\":[\"a\"],\"structures\":{\"a\":[\"b\"]}} | 'a' is the name of two parts",
                "{\"relations\":[\"entities\"]} | 'entities' is the name of two parts",
                "{\"classifications\":[{\"task\":\"a\",\"labels\":[\"b\"]}]} | has 1 labels",
                "{\"classifications\":[{\"labels\":[\"b\"]}]} | classifications[0].task is missing",
                "{\"structures\":{\"a\":[]}} | the structure 'a' has no fields",
                "{\"structures\":{\"a\":{\"fields\":[\"b\"],\"mode\":\"x\"}}} | structures.a.mode is 'x'; known are"
                        + " natural",
                "{\"structures\":{\"a\":{\"fields\":[\"b\"],\"anchor\":\"b\"}}} | the mode natural alone takes",
                "{\"structures\":{\"a\":{\"fields\":[\"b\"],\"mode\":\"natural\",\"anchor\":\"c\"}}} | the anchor 'c'",
                "{\"structures\":{\"a\":{\"fields\":[\"b\"],\"occurrence_policy\":\"x\"}}} | occurrence_policy is 'x'",
                "{\"structures\":{\"a\":[{\"name\":\"b\",\"cardinality\":\"x\"}]}} | structures.a[0].cardinality is"
                        + " 'x'",
                "{\"structures\":{\"a\":[\"b\",{\"name\":\"c\",\"description\":\"x\"},"
                        + "{\"name\":\"b\",\"description\":\"y\"}]}} | structures.a[2] describes the field 'b' after",
                "[{\"do\":\"entities\",\"types\":[\"person\"]},"
                        + "{\"do\":\"entities\",\"types\":{\"city\":\"a town\"}},"
                        + "{\"do\":\"entities\",\"types\":{\"person\":\"a human\"}}] | the entity 'person' is described"
                        + " after other entities",
                "{\"steps\":[{\"do\":\"sing\"}]} | step 1.do is 'sing'",
                "{\"steps\":[{}]} | step 1.do is missing"
            })
    void faultsNameTheProperty(String json, String fault) {
        SchemaException e = assertThrows(SchemaException.class, () -> read(json));
        assertTrue(e.getMessage().contains(fault), e.getMessage());
        assertEquals(1, e.getMessage().lines().count());
    }

    /** Of two properties one would be passed over. A mark of the order of bytes at the beginning is not one of them. */
    @Test
    void filesAreReadStrictly() throws IOException {
        Path twice = Files.writeString(folder.resolve("twice.json"), "{\"entities\":[\"a\"],\"entities\":[\"b\"]}");
        ConfigException e = assertThrows(ConfigException.class, () -> SchemaReader.read(twice));
        assertTrue(e.getMessage().startsWith(twice + ": ") && e.getMessage().contains("entities"), e.getMessage());
        Path steps = Files.writeString(folder.resolve("steps.json"), "\ufeff[{\"do\":\"entities\",\"types\":[\"a\"]}]");
        assertEquals(Schema.ofEntities("a"), SchemaReader.read(steps));
    }

    @Test
    void theFileIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("schema.json"), "{\"entities\":[]}");
        SchemaException e = assertThrows(SchemaException.class, () -> SchemaReader.read(file));
        assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
    }
}
