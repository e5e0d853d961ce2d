/** The operators and answers of {@link detangle.pipelines.Redactor}. */
package detangle.pipelines.redaction;
