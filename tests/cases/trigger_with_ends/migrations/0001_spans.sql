CREATE TABLE spans ("begin" INTEGER, "end" INTEGER);
CREATE TABLE log ("begin" INTEGER, "end" INTEGER, what TEXT);
create trigger spans_log after insert on spans when (case when new.[end] is null then 0 else 1 end) begin
    insert into log select case when new."begin" > new."end" then new."end" else new."begin" end,
        case when new."begin" > new."end" then new."begin" else new."end" end,
        case when new."begin" > new."end" then 'turned' else 'kept' end;
end;
