/** GLiNER2 (Zaratiana et al. 2025): entities, structures, relations and classes by a schema, on a DeBERTa encoder. */
package detangle.models.gliner2;
