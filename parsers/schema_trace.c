#include "parsers/schema_trace.h"

static struct traced_field trace_field(const struct schema_trace *trace,
                                       struct schema_scratch *scratch, const struct record *record,
                                       enum event_field field, const struct field_paths *paths)
{
    struct traced_field traced = {.is_asked = paths->count > 0 || paths->otherwise.bytes > 0};
    const unsigned slot = schema_slot_of(trace->shape, scratch, record, field, paths);
    if (slot == SLOT_NONE) {
        traced.otherwise = paths->otherwise;
        return traced;
    }
    traced.path = trace->schema->slots.items[slot].path;
    traced.value = record->values[slot];
    return traced;
}

/* What is joined behind the code's first part. */
static void trace_parts(struct schema_trace *trace, struct schema_scratch *scratch,
                        const struct record *record)
{
    const struct field_join *const join = &trace->shape->code_join;
    for (size_t i = 0; i < join->count; i++)
        trace->code_parts[trace->code_parts_count++] =
            trace_field(trace, scratch, record, FIELD_CODE, &join->parts[i]);
}

void schema_trace(struct schema_trace *trace, const struct schema_set *set,
                  struct schema_scratch *scratch, const struct source_view *view,
                  enum layout layout, const struct record *record)
{
    bool is_known;
    *trace = (struct schema_trace){
        .schema = schema_set_schema_of(set, scratch, view, layout, record),
    };
    if (trace->schema == NULL)
        return;
    const struct record *const whole =
        schema_reread(trace->schema, scratch, view, layout, record->text);
    if (whole == NULL)
        return;
    trace->shape = schema_shape_of(trace->schema, scratch, whole, &is_known);
    if (trace->shape == NULL)
        return;
    for (int field = 0; field < FIELD_COUNT; field++)
        trace->fields[field] = trace_field(trace, scratch, whole, (enum event_field)field,
                                           &trace->shape->fields[field]);
    trace_parts(trace, scratch, whole);
}
