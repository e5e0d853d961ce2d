import detangle.hub.Hub;
import detangle.pipelines.SchemaExtractor;
import detangle.pipelines.schema.ClassificationTask;
import detangle.pipelines.schema.RelationKind;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaAnswer;
import detangle.pipelines.schema.SchemaOptions;

/** Entities, relations and a class of a text by a schema, with a GLiNER2 model. */
void main(String[] args) {
    Schema schema = Schema.ofEntities("person", "city")
            .and(RelationKind.of("lives in"))
            .and(ClassificationTask.of("topic", "science", "sport"));
    try (SchemaExtractor extractor = SchemaExtractor.load(Hub.model(args[0]))) {
        SchemaAnswer answer = extractor.extract("Ada met Charles in London.", schema, SchemaOptions.DEFAULT);
        answer.entities()
                .forEach((kind, found) -> found.forEach(e -> IO.println(
                        "%s: %s %.2f".formatted(kind, e.mention().text(), e.mention().confidence()))));
        answer.relations()
                .forEach((name, found) -> found.forEach(r -> IO.println(
                        "%s: %s, %s".formatted(name, r.head().text(), r.tail().text()))));
        answer.classifications().forEach((task, labels) -> IO.println("%s: %s".formatted(task, labels)));
    }
}
